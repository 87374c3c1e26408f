using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Silos.Management;

/// <summary>Gives callers of the manager access to the dead letters of one stream: turns the errors of their store into the manager's errors.</summary>
/// <param name="kept">The dead letters.</param>
/// <param name="fenced">Called when another manager of the stream has them now: this one must deactivate, so that the next call reaches the other one.</param>
/// <param name="logger">Logs a store that does not answer.</param>
internal sealed partial class ManagedDeadLetters(string stream, DeadLetterStore kept, Action fenced, ILogger logger) : IAsyncDisposable
{
    /// <summary>Runs a call on the dead letters.</summary>
    /// <exception cref="StreamManagerException">Another manager has them, or their store does not answer.</exception>
    public async Task<T> AskAsync<T>(Func<DeadLetterStore, Task<T>> ask)
    {
        try
        {
            return await ask(kept);
        }
        catch (BacklogFencedException e)
        {
            fenced();
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"another manager of {stream} has begun: {e.Message}");
        }
        catch (BacklogStoreException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, e.Message);
        }
    }

    /// <summary>Adds the dead letters that are older than this manager to its list of failures, if their store answers.</summary>
    public async Task FindOlderAsync()
    {
        try
        {
            await kept.ReadyAsync();
        }
        catch (BacklogStoreException e)
        {
            LogNoLetters(e, stream);
        }
    }

    public ValueTask DisposeAsync() => kept.DisposeAsync();

    [LoggerMessage(87, LogLevel.Warning, "What was set aside of {Stream} cannot be read now; its list of failures is without")]
    private partial void LogNoLetters(Exception error, string stream);
}
