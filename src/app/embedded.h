/* embedded.h - files of conf/demo carried inside the program, so that the demo needs no other. */
#ifndef APP_EMBEDDED_H
#define APP_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *p;
	size_t n;
};

struct embedded embedded_config(void);           /* conf/demo/tocsin.yaml */
struct embedded embedded_log(void);              /* conf/demo/es-20231225.jsonl.zst */

#endif
