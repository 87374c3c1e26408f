namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>
/// The memory limits of a stream and of its process: a record needs memory under both. Of what comes over a front, a stream beside others takes half of
/// the process' memory at most: so one that is stuck leaves the others theirs.
/// </summary>
internal sealed class MemoryLimits
{
    private readonly MemoryLimit _stream;
    private readonly MemoryLimit _process;

    public MemoryLimits(MemoryLimit stream, MemoryLimit process)
    {
        (_stream, _process) = (stream, process);
        stream.JoinProcess(process);
    }

    /// <summary>The bytes that are reserved for the stream.</summary>
    public long StreamBytes => _stream.Bytes;

    /// <summary>Whether callers wait for memory of this stream.</summary>
    public bool HasStreamWaiters => _stream.HasWaiters;

    public bool HasWaiters => _stream.HasWaiters || _process.HasWaiters;

    /// <param name="identity">The identity that puts over a front; null for callers of the process itself.</param>
    public bool TryReserve(long bytes, int records, string? identity = null)
    {
        if (!_stream.TryReserve(bytes, records, identity is not null))
            return false;
        if (_process.TryReserve(bytes, records))
            return true;
        _stream.Release(bytes, records);
        return false;
    }

    public ValueTask ReserveAsync(long bytes, int records, CancellationToken cancellationToken) => ReserveAsync(bytes, records, null, cancellationToken);

    public async ValueTask ReserveAsync(long bytes, int records, string? identity, CancellationToken cancellationToken)
    {
        await _stream.ReserveAsync(bytes, records, new LineKey(identity), cancellationToken).ConfigureAwait(false);
        try
        {
            await _process.ReserveAsync(bytes, records, new LineKey(identity, this), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _stream.Release(bytes, records);
            throw;
        }
    }

    /// <summary>The reserved share of the fuller of the two.</summary>
    public double Fill => Math.Max(_stream.Fill, _process.Fill);

    /// <summary>Returns the share of the fuller one that would be reserved with this much more.</summary>
    public double FillWith(long bytes, int records) => Math.Max(_stream.FillWith(bytes, records), _process.FillWith(bytes, records));

    /// <summary>Reserves memory even above the limits, for records that are already accepted.</summary>
    public void Charge(long bytes, int records)
    {
        _stream.Charge(bytes, records);
        _process.Charge(bytes, records);
    }

    public void Release(long bytes, int records)
    {
        _stream.Release(bytes, records);
        _process.Release(bytes, records);
    }

    public void Close(Exception reason) => _stream.Close(reason);
}
