using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// A body that may be longer than its buffer: then it is written and hashed piece by piece. One that is not may be hashed in a lane beside others, or
/// else by the platform when its hash or length is first asked for.
/// </summary>
internal abstract class LongBody : RequestBody
{
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

    /// <summary>The body as a lane takes it; null where it is longer than its buffer.</summary>
    public abstract LaneMessage? ForLane { get; }

    /// <summary>Hashes the body by the platform, if it is not hashed yet.</summary>
    public void HashAlone()
    {
        if (!_isHashed)
            SetHashed(HashAlone(HashBytes));
    }

    /// <summary>Notes that a lane has hashed the body.</summary>
    public void SetHashed(long length) => (_length, _isHashed) = (length, true);

    /// <summary>Hashes the body by the platform and returns its length.</summary>
    protected abstract long HashAlone(Span<byte> hash);
}
