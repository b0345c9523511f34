/* table.h - the tables of a test file's options. */
#ifndef LAB_TABLE_H
#define LAB_TABLE_H

#include "conf/conf.h"
#include "conf/option.h"

#define LAB_MAX_EVENTS 2000000           /* of one test */

extern const struct conf_section lab_section_file, lab_section_test, lab_section_item,
	lab_section_expect;

/* Is this cell of a table of events what the option of its column wants? If not, it is told. */
bool lab_table_cell(const struct conf_option *o, const struct conf_text *cell,
                    struct errors *errors);

#endif
