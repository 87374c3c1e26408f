using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A log that passes every call on to another one.</summary>
internal abstract class DelegatingSegmentLog(ISegmentLog log) : ISegmentLog
{
    public int MaxAppends => log.MaxAppends;

    public int MaxSegmentBytes => log.MaxSegmentBytes;

    public int TargetSegmentBytes => log.TargetSegmentBytes;

    public IReadOnlyList<SegmentEntry> Found => log.Found;

    public long NextNumber => log.NextNumber;

    public ReadOnlyMemory<byte> Progress => log.Progress;

    public virtual double WriteUnits => log.WriteUnits;

    public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) =>
        log.AppendAsync(number, segment, cancellationToken);

    public virtual Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) => log.ReadAsync(number, cancellationToken);

    public virtual Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) =>
        log.SaveProgressAsync(progress, cancellationToken);

    public Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => log.RemoveAsync(numbers, cancellationToken);

    public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => log.SetAsideAsync(number, cancellationToken);

    public ValueTask DisposeAsync() => log.DisposeAsync();
}
