namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>
/// How many MD5 messages are hashed side by side. All paths give the same digests; the widest that the processor supports is the default.
/// </summary>
internal enum Md5Path
{
    /// <summary>General registers: two messages, runs everywhere.</summary>
    Scalar,

    /// <summary>128-bit registers: two times four messages (SSE2, ARM AdvSimd).</summary>
    Vector128,

    /// <summary>256-bit registers: two times eight messages (AVX2).</summary>
    Vector256,

    /// <summary>512-bit registers: two times sixteen messages (AVX-512).</summary>
    Vector512,
}
