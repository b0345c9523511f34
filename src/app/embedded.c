#include "embedded.h"

/* The paths are from the repository's root, where make runs. */
#define EMBED(name, path) \
	__asm__(".section .rodata\n" \
	        ".balign 16\n" #name "_begin:\n" \
	        ".incbin \"" path "\"\n" #name "_end:\n" \
	        ".byte 0\n" \
	        ".previous\n"); \
	extern const char name##_begin[], name##_end[]

EMBED(embedded_demo_config, "conf/demo/tocsin.yaml");
EMBED(embedded_demo_log, "conf/demo/es-20231225.jsonl.zst");

struct embedded embedded_config(void)
{
	return (struct embedded){ embedded_demo_config_begin,
		                  (size_t)(embedded_demo_config_end - embedded_demo_config_begin) };
}

struct embedded embedded_log(void)
{
	return (struct embedded){ embedded_demo_log_begin,
		                  (size_t)(embedded_demo_log_end - embedded_demo_log_begin) };
}
