namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>A stream's own room and the process' room: a record needs both.</summary>
internal sealed class RoomPair(Room stream, Room process)
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

    public void Release(long bytes, int records)
    {
        stream.Release(bytes, records);
        process.Release(bytes, records);
    }

    public void Close(Exception reason) => stream.Close(reason);
}
