namespace Orleans.Kpl.Http.Reading;

/// <summary>How long one body may take. It has a timer only where a body has not come at once.</summary>
internal sealed class BodyDeadline(TimeSpan limit, TimeProvider time) : IDisposable
{
    private CancellationTokenSource? _source;

    /// <summary>Whether the time is up.</summary>
    public bool IsOver => _source is { IsCancellationRequested: true };

    /// <summary>Is cancelled when the time is up, which is counted from the first call.</summary>
    public CancellationToken Token => (_source ??= new CancellationTokenSource(limit, time)).Token;

    public void Dispose() => _source?.Dispose();
}
