namespace Orleans.Kpl.Aws.Hashing;

/// <summary>A message that is hashed in a lane, piece by piece in a buffer of its own.</summary>
internal interface ILaneMessage
{
    /// <summary>The buffer. Behind each piece it has room for <see cref="Sha256Block.MostPadding"/> bytes.</summary>
    byte[] Buffer { get; }

    /// <summary>Whether the last piece was written.</summary>
    bool IsAtEnd { get; }

    /// <summary>
    /// Writes the next piece into the buffer, behind what is kept there, and returns its length. The first call may find its piece written.
    /// A message that is not at its end always has another byte.
    /// </summary>
    /// <param name="kept">The bytes at the buffer's start that are still needed: fewer than a block, 0 at the first call.</param>
    int Fill(int kept);

    /// <summary>Takes the message's digest and length.</summary>
    void Complete(ReadOnlySpan<byte> digest, long length);
}
