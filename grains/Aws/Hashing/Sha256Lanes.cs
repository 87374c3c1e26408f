namespace Orleans.Kpl.Aws.Hashing;

/// <summary>Computes the SHA-256 of several messages side by side: the rounds of one message wait for each other, those of several do not.</summary>
internal static class Sha256Lanes
{
    /// <summary>How many messages are hashed side by side.</summary>
    public const int Count = 8;

    /// <summary>The faster way that this processor has; null where it has neither.</summary>
    public static Sha256Path? Fastest { get; } =
        IsSupported(Sha256Path.Avx512Vl) ? Sha256Path.Avx512Vl : IsSupported(Sha256Path.Avx2) ? Sha256Path.Avx2 : null;

    /// <summary>Returns the way to hash bodies; null where all of them are the platform's.</summary>
    /// <param name="isWanted">What the settings say.</param>
    /// <param name="isFips">Whether only validated cryptography may be used here.</param>
    public static Sha256Path? PathFor(bool isWanted, bool isFips) => isWanted && !isFips ? Fastest : null;

    /// <summary>Whether this processor has a way.</summary>
    public static bool IsSupported(Sha256Path path) => path == Sha256Path.Avx512Vl ? Sha256RegisterVl.IsSupported : Sha256RegisterAvx2.IsSupported;

    /// <summary>Hashes messages of any number and lengths; the time is that of the fullest lane.</summary>
    public static void Hash(Sha256Path path, IReadOnlyList<ILaneMessage> messages)
    {
        if (path == Sha256Path.Avx512Vl)
            Sha256Messages<Sha256RegisterVl>.Hash(messages);
        else
            Sha256Messages<Sha256RegisterAvx2>.Hash(messages);
    }
}
