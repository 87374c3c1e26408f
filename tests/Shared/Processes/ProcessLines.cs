using System.Threading.Channels;

namespace Orleans.Kpl.Testing;

/// <summary>The lines of one output of a process, as they come.</summary>
internal sealed class ProcessLines
{
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> IsMeant, TaskCompletionSource<string> Seen)> _waiting = [];
    private readonly Channel<string> _coming = Channel.CreateUnbounded<string>();
    private readonly Task _reading;
    private bool _hasEnded;

    public ProcessLines(StreamReader output) => _reading = ReadAsync(output);

    /// <summary>
    /// The next line that is meant; lines before it are passed over, also for calls that come later. Empty when the output ends before.
    /// </summary>
    /// <exception cref="TimeoutException">It does not come.</exception>
    public async Task<string> FirstAsync(Func<string, bool> isMeant, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within ?? Waiting.Long);
        try
        {
            await foreach (var line in _coming.Reader.ReadAllAsync(limit.Token))
            {
                if (isMeant(line))
                    return line;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the line did not come within {within ?? Waiting.Long}, but:\n{this}");
        }

        return "";
    }

    /// <summary>A line that is meant, whether it was there already or comes; any number may wait. Empty when the output ends before.</summary>
    /// <exception cref="TimeoutException">It does not come.</exception>
    public Task<string> SeenAsync(Func<string, bool> isMeant, CancellationToken cancellationToken)
    {
        lock (_lines)
        {
            if (_lines.Find(l => isMeant(l)) is { } line)
                return Task.FromResult(line);
            if (_hasEnded)
                return Task.FromResult("");
            var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((isMeant, seen));
            return seen.Task.WaitAsync(Waiting.Long, cancellationToken);
        }
    }

    /// <summary>All lines, when the output has ended.</summary>
    public async Task<IReadOnlyList<string>> AllAsync()
    {
        await _reading;
        return _lines;
    }

    public override string ToString()
    {
        lock (_lines)
            return string.Join('\n', _lines);
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            Tell(line);
            await _coming.Writer.WriteAsync(line);
        }
        _coming.Writer.Complete();
        lock (_lines)
        {
            _hasEnded = true;
            foreach (var (_, seen) in _waiting)
                seen.TrySetResult("");
        }
    }

    private void Tell(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
            foreach (var (_, seen) in _waiting.Where(w => w.IsMeant(line)))
                seen.TrySetResult(line);
            _waiting.RemoveAll(w => w.Seen.Task.IsCompleted);
        }
    }
}
