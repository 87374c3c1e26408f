namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>Standard output whose reader goes away after so many bytes. As of a pipe, a write of 4,096 bytes or less is taken whole or not at all.</summary>
internal sealed class ClosedPipe(int bytes) : MemoryStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Length + Math.Min(buffer.Length, 4096) > bytes)
            throw new IOException("Broken pipe");
        base.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
}
