using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// A log that this silo writes. When it is closed with nothing in it, its row is removed; otherwise it is given back, so that another silo
/// continues with it.
/// </summary>
internal sealed class OwnedLog(ISegmentLog log, BacklogWriter writer, OwnedLogs held) : ISegmentLog
{
    private readonly Lock _lock = new();
    private readonly HashSet<long> _kept = [.. log.Found.Select(static s => s.Number)];
    private bool _isClosed;

    public int MaxAppends => log.MaxAppends;

    public int MaxSegmentBytes => log.MaxSegmentBytes;

    public int TargetSegmentBytes => log.TargetSegmentBytes;

    public IReadOnlyList<SegmentEntry> Found => log.Found;

    public long NextNumber => log.NextNumber;

    public double WriteUnits => log.WriteUnits;

    public ReadOnlyMemory<byte> Progress => log.Progress;

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        // A segment whose write got no answer may be there.
        lock (_lock)
            _kept.Add(number);
        await log.AppendAsync(number, segment, cancellationToken).ConfigureAwait(false);
    }

    public Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) => log.ReadAsync(number, cancellationToken);

    public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) => log.SaveProgressAsync(progress, cancellationToken);

    public async Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        await log.RemoveAsync(numbers, cancellationToken).ConfigureAwait(false);
        Let(numbers);
    }

    public async Task<string> SetAsideAsync(long number, CancellationToken cancellationToken)
    {
        var place = await log.SetAsideAsync(number, cancellationToken).ConfigureAwait(false);
        Let([number]);
        return place;
    }

    public async ValueTask DisposeAsync()
    {
        bool isEmpty;
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            isEmpty = _kept.Count == 0;
        }

        try
        {
            await log.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await held.LetGoAsync(writer, isEmpty).ConfigureAwait(false);
        }
    }

    private void Let(IReadOnlyList<long> numbers)
    {
        lock (_lock)
            _kept.ExceptWith(numbers);
    }
}
