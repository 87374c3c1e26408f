namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>The memory limits of a stream and of its process: a record needs memory under both.</summary>
internal sealed class MemoryLimits(MemoryLimit stream, MemoryLimit process)
{
    public bool HasWaiters => stream.HasWaiters || process.HasWaiters;

    /// <summary>The bytes that are reserved for the stream.</summary>
    public long StreamBytes => stream.Bytes;

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

    /// <summary>The reserved share of the fuller of the two.</summary>
    public double Fill => Math.Max(stream.Fill, process.Fill);

    /// <summary>Returns the share of the fuller one that would be reserved with this much more.</summary>
    public double FillWith(long bytes, int records) => Math.Max(stream.FillWith(bytes, records), process.FillWith(bytes, records));

    /// <summary>Reserves memory even above the limits, for records that are already accepted.</summary>
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
