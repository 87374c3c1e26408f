namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Runs one reading at a time. A caller gets a reading that begins after its call; all calls during one reading share the next. For one
/// activation: not thread-safe.
/// </summary>
internal sealed class SharedReading<T>(Func<Task<T>> read)
{
    private Task<T>? _underWay;
    private Task<T>? _next;

    public Task<T> ReadAsync()
    {
        // The former reading may have ended before the next one has its turn. Another one beside it would run at the same time.
        if (_next is { } next)
            return next;
        if (_underWay is null or { IsCompleted: true })
            return _underWay = read();
        return _next = ReadAfterAsync(_underWay);
    }

    private async Task<T> ReadAfterAsync(Task<T> former)
    {
        await ((Task)former).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _underWay = _next;
        _next = null;
        return await read();
    }
}
