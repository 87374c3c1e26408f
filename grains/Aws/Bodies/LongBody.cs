using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// A body that may be longer than its buffer: it is written and hashed piece by piece. It is hashed in a lane beside others, or else by the
/// platform when its hash or length is first asked for.
/// </summary>
internal abstract class LongBody : RequestBody, ILaneMessage
{
    /// <summary>What the buffer has room for beside a piece: what a lane keeps of the piece before, and the padding.</summary>
    protected const int LaneRoom = Sha256Kernel.BlockSize + Sha256Lanes.MostPadding;

    private long _length;
    private bool _isHashed;

    public override long Length
    {
        get
        {
            HashAlone();
            return _length;
        }
    }

    public override ReadOnlySpan<byte> Hash
    {
        get
        {
            HashAlone();
            return HashBytes;
        }
    }

    public abstract byte[] Buffer { get; }

    public abstract bool IsAtEnd { get; }

    /// <summary>Hashes the body by the platform, if it is not hashed yet.</summary>
    public void HashAlone()
    {
        if (_isHashed)
            return;
        _length = HashAlone(HashBytes);
        _isHashed = true;
    }

    public abstract int Fill(int kept);

    public void Complete(ReadOnlySpan<byte> digest, long length)
    {
        digest.CopyTo(HashBytes);
        _length = length;
        _isHashed = true;
    }

    /// <summary>Hashes the body by the platform and returns its length; no piece was asked for before.</summary>
    protected abstract long HashAlone(Span<byte> hash);

    /// <summary>The part of the buffer that a piece is written to.</summary>
    protected Memory<byte> RoomBehind(int kept) => Buffer.AsMemory(kept, Buffer.Length - kept - Sha256Lanes.MostPadding);
}
