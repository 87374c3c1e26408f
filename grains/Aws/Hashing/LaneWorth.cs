using System.Diagnostics;
using System.Security.Cryptography;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>
/// From how many messages on lanes take less time than the platform's hash, one message after the other. It is measured, because nothing tells
/// whether the platform uses a processor's own instructions for SHA-256: OpenSSL's variable <c>OPENSSL_ia32cap</c> hides them.
/// </summary>
internal static class LaneWorth
{
    /// <summary>Lanes are never worth it.</summary>
    public const int Never = int.MaxValue;

    // Eight of them are more than most processors' second-level caches, as bodies are.
    private const int MessageBytes = 256 * 1024;
    private const int Rounds = 7;

    // The saving from which lanes are used, since a message in a lane waits for its neighbours.
    private const double LeastGain = 1.15;

    /// <summary>Measures it on this processor: some milliseconds, most of them for the just-in-time compiler.</summary>
    public static int Measure()
    {
        if (!Sha256Kernel.IsSupported)
            return Never;
        var messages = Enumerable.Range(0, Sha256Kernel.Lanes).Select(_ => new LaneMessage(
            new byte[MessageBytes + Sha256Lanes.MostPadding], MessageBytes, new byte[SHA256.HashSizeInBytes])).ToArray();
        var digest = new byte[SHA256.HashSizeInBytes];
        var (pass, alone) = (long.MaxValue, long.MaxValue);
        // The least of some rounds is what remains where other work takes the processor away.
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            SHA256.HashData(messages[0].Buffer.AsSpan(0, MessageBytes), digest);
            var middle = Stopwatch.GetTimestamp();
            Sha256Lanes.Hash(messages);
            pass = Math.Min(pass, Stopwatch.GetTimestamp() - middle);
            alone = Math.Min(alone, middle - start);
            if (!messages.All(message => message.Digest.AsSpan().SequenceEqual(digest)))
                return Never;
        }

        return LeastOf(pass, alone, MostNeeded(Sha256Kernel.IsFast));
    }

    /// <summary>
    /// How full lanes may have to be to pay; those that must be fuller are left alone. A pass of AVX-512VL is so fast that it would seem to pay from
    /// 6 on where the processor has instructions for SHA-256. One of AVX2 takes longer than those, so that 6 tells that they are missing or hidden.
    /// </summary>
    public static int MostNeeded(bool isFast) => isFast ? 5 : 6;

    /// <summary>From how many messages on lanes pay, by the time of a pass over all lanes and that of one message alone.</summary>
    public static int LeastOf(long pass, long alone, int mostNeeded)
    {
        for (var count = 2; count <= mostNeeded; count++)
        {
            if (count * alone >= pass * LeastGain && alone > 0)
                return count;
        }

        return Never;
    }
}
