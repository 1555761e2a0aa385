#pragma once

// Visibility is hidden by default; what a user may call is marked CORNU_API.
#if defined(__GNUC__)
#define CORNU_API __attribute__((visibility("default")))
#else
#define CORNU_API
#endif
