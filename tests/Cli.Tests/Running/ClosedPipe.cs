namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>Standard output whose reader goes away after so many bytes. As of a pipe, a write of 4,096 bytes or less is taken whole or not at all.</summary>
internal sealed class ClosedPipe(int bytes) : MemoryStream
{
    /// <remarks>All writes come here: those of a type derived from <see cref="MemoryStream"/> do.</remarks>
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (Length + Math.Min(count, 4096) > bytes)
            throw new IOException("Broken pipe");
        base.Write(buffer, offset, count);
    }
}
