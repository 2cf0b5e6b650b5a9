#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// The angle of the point `(x, y)`, in degrees.
func atan2Degrees(_ y: Double, _ x: Double) -> Double { atan2(y, x) * 180 / .pi }
