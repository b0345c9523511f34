/* expr.h - the rule language (see the head of expr.c). */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H
#endif
