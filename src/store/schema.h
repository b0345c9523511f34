/* schema.h - the tables of the state database and their version. Private to the store. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#define SCHEMA_APPLICATION 0x746f6373    /* "tocs" */
#define SCHEMA_VERSION 1

/* One script that makes everything, application_id and user_version included. */
const char *schema_script(void);

#endif
