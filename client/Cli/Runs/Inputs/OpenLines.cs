namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>
/// Bounds the lines of all files that were taken and that the checkpoint does not know as settled: so many may come twice when the process is killed.
/// </summary>
internal sealed class OpenLines(int most) : IDisposable
{
    private readonly SemaphoreSlim _free = new(most);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Lock _lock = new();
    private int _passed;

    /// <summary>Takes a line if one may be taken at once.</summary>
    public bool TryTake() => _free.Wait(0);

    /// <summary>Waits until a line may be taken; false when <paramref name="halt"/> is cancelled.</summary>
    public async ValueTask<bool> TakeAsync(CancellationToken halt)
    {
        try
        {
            await _free.WaitAsync(halt).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Takes note that positions have passed so many lines.</summary>
    public void Passed(int lines)
    {
        lock (_lock)
        {
            _passed += lines;
            if (lines > 0 && _changed.CurrentCount == 0)
                _changed.Release();
        }
    }

    /// <summary>Waits until positions have changed since <see cref="Collect"/> was called last.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>Returns how many lines were passed since the last call. Positions that are read afterwards are behind them.</summary>
    public int Collect()
    {
        lock (_lock)
        {
            var passed = _passed;
            _passed = 0;
            return passed;
        }
    }

    /// <summary>Lets so many further lines be taken: the checkpoint knows those.</summary>
    public void Free(int lines)
    {
        if (lines > 0)
            _free.Release(lines);
    }

    public void Dispose()
    {
        _free.Dispose();
        _changed.Dispose();
    }
}
