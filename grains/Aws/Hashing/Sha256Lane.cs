namespace Orleans.Kpl.Aws.Hashing;

/// <summary>A lane: a message, and the part of it that is in its buffer and not hashed yet.</summary>
internal struct Sha256Lane
{
    private ILaneMessage _message;
    private int _end;
    private bool _isPadded;

    public readonly byte[] Buffer => _message.Buffer;

    /// <summary>Where in the buffer the next block starts.</summary>
    public int Start { get; private set; }

    /// <summary>How many whole blocks lie there.</summary>
    public readonly int Blocks => (_end - Start) / Sha256Constants.BlockSize;

    /// <summary>The bytes of the message that were in the buffer so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins a message.</summary>
    public static Sha256Lane Of(ILaneMessage message)
    {
        var lane = new Sha256Lane { _message = message };
        lane.Read(0);
        lane.ReadBlocks();
        return lane;
    }

    /// <summary>Passes over blocks that are hashed; false where they were the message's last ones.</summary>
    public bool Pass(nint blocks)
    {
        Start += (int)blocks * Sha256Constants.BlockSize;
        if (Blocks == 0 && _isPadded)
            return false;
        ReadBlocks();
        return true;
    }

    /// <summary>Hands the digest over.</summary>
    public readonly void Complete(ReadOnlySpan<byte> digest) => _message.Complete(digest, Length);

    private void ReadBlocks()
    {
        while (Blocks == 0)
        {
            var kept = _end - Start;
            Buffer.AsSpan(Start, kept).CopyTo(Buffer);
            Start = 0;
            Read(kept);
        }
    }

    private void Read(int kept)
    {
        var read = _message.Fill(kept);
        if (read == 0 && !_message.IsAtEnd)
            throw new InvalidOperationException("The message has no further piece, and is not at its end.");
        _end = kept + read;
        Length += read;
        if (_message.IsAtEnd)
        {
            _end += Sha256Block.Pad(Buffer.AsSpan(_end), Length);
            _isPadded = true;
        }
    }
}
