using System.Security.Cryptography;
using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <summary>Random bytes, given to a lane in pieces of random lengths.</summary>
internal sealed class PieceMessage : ILaneMessage
{
    private readonly byte[] _bytes;
    private readonly Random _random;
    private readonly int _longest;
    private int _given;

    /// <param name="length">The bytes in all.</param>
    /// <param name="longest">The most bytes of a piece; all of them come as one piece where there are no more.</param>
    public PieceMessage(int length, int longest)
    {
        _random = new Random(length);
        _bytes = new byte[length];
        _random.NextBytes(_bytes);
        _longest = longest;
        Buffer = new byte[Sha256Kernel.BlockSize + Math.Min(length, longest) + Sha256Lanes.MostPadding];
    }

    public byte[] Buffer { get; }

    public bool IsAtEnd => _given == _bytes.Length;

    public byte[]? Digest { get; private set; }

    public long DigestLength { get; private set; }

    public bool IsRight => Digest is not null && DigestLength == _bytes.Length && Digest.AsSpan().SequenceEqual(SHA256.HashData(_bytes));

    public int Length => _bytes.Length;

    public int Fill(int kept)
    {
        var rest = _bytes.AsSpan(_given);
        var piece = rest.Length <= _longest ? rest : rest[.._random.Next(1, _longest + 1)];
        piece.CopyTo(Buffer.AsSpan(kept));
        _given += piece.Length;
        return piece.Length;
    }

    public void Complete(ReadOnlySpan<byte> digest, long length) => (Digest, DigestLength) = (digest.ToArray(), length);
}
