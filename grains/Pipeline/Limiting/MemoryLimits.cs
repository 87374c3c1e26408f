namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>A stream's own room and the process' room: a record needs both.</summary>
internal sealed class MemoryLimits(MemoryLimit stream, MemoryLimit process)
{
    public bool HasWaiters => stream.HasWaiters || process.HasWaiters;

    public bool TryReserve(long bytes, int records)
    {
        if (!stream.TryReserve(bytes, records))
            return false;
        if (process.TryReserve(bytes, records))
            return true;
        stream.Release(bytes, records);
        return false;
    }

    public async ValueTask ReserveAsync(long bytes, int records, CancellationToken cancellationToken)
    {
        await stream.ReserveAsync(bytes, records, cancellationToken).ConfigureAwait(false);
        try
        {
            await process.ReserveAsync(bytes, records, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            stream.Release(bytes, records);
            throw;
        }
    }

    /// <summary>The share that is taken of the fuller of them.</summary>
    public double Fill => Math.Max(stream.Fill, process.Fill);

    /// <summary>The share that would be taken with so much more, of the fuller of them.</summary>
    public double FillWith(long bytes, int records) => Math.Max(stream.FillWith(bytes, records), process.FillWith(bytes, records));

    /// <summary>Takes room whether it is there or not: what was accepted must stand somewhere.</summary>
    public void Charge(long bytes, int records)
    {
        stream.Charge(bytes, records);
        process.Charge(bytes, records);
    }

    public void Release(long bytes, int records)
    {
        stream.Release(bytes, records);
        process.Release(bytes, records);
    }

    public void Close(Exception reason) => stream.Close(reason);
}
