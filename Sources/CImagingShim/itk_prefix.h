// Debian's ITK 5.2 refuses compilers it does not know. Its detection header looks at __clang__ and
// __GNUC__ only, so it is included once under the guise of GCC 12. Can go with ITK 5.4.
#pragma once
#pragma push_macro("__clang__")
#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#pragma pop_macro("__GNUC__")
#pragma pop_macro("__clang__")
