namespace Orleans.Kpl.Aws.Hashing;

/// <summary>How eight messages are hashed side by side. Both ways give the same digests.</summary>
internal enum Sha256Path
{
    /// <summary>256-bit registers (AVX2).</summary>
    Avx2,

    /// <summary>256-bit registers with AVX-512VL, which rotates and combines three registers in one instruction.</summary>
    Avx512Vl,
}
