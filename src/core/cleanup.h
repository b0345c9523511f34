/* cleanup.h - one idiom for releasing: `_cleanup_(x_freep)` for locals, TAKE_PTR() to give away. */
#ifndef CORE_CLEANUP_H
#define CORE_CLEANUP_H

#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define TAKE_PTR(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })

/* Defines free_typep() for `type *free_type(type *)`. */
#define DEFINE_CLEANUP(type, func) \
	static inline void func##p(type *p) { if (*p) (void)func(*p); }

static inline void freep(void *p)
{
	free(*(void **)p);
}

#endif
