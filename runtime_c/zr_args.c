/* zr_args.c -- the words in which compiled code passes arguments beyond the registers, one set per thread.
 *
 * Alone in its file, so that only programs that name it carry it.
 */
#include "zr.h"

ZR_TLS int64_t zr_args[ZR_ARGS_WORDS];
