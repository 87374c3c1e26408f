using System.Buffers.Binary;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>The eight words that SHA-256 carries from block to block, each of eight messages.</summary>
internal unsafe struct Sha256State
{
    /// <summary>The first word of every message, then the second one, and so on.</summary>
    public fixed uint Words[Sha256Constants.WordsInState * Sha256Lanes.Count];

    /// <summary>Starts a message in one lane.</summary>
    public void Start(int lane)
    {
        for (var i = 0; i < Sha256Constants.WordsInState; i++)
            Words[(i * Sha256Lanes.Count) + lane] = Sha256Constants.Start[i];
    }

    /// <summary>Copies one lane into another.</summary>
    public void Move(int from, int to)
    {
        for (var i = 0; i < Sha256Constants.WordsInState; i++)
            Words[(i * Sha256Lanes.Count) + to] = Words[(i * Sha256Lanes.Count) + from];
    }

    /// <summary>Writes a lane's digest: 32 bytes.</summary>
    public void WriteDigest(int lane, Span<byte> digest)
    {
        for (var i = 0; i < Sha256Constants.WordsInState; i++)
            BinaryPrimitives.WriteUInt32BigEndian(digest[(i * sizeof(uint))..], Words[(i * Sha256Lanes.Count) + lane]);
    }
}
