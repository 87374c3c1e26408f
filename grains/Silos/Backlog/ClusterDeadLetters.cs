using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>Hands dead letters to their stream's manager, which keeps them.</summary>
internal sealed class ClusterDeadLetters(string stream, IStreamManagers managers, Func<string> silo, Func<Guid> newId, TimeProvider time) : IDeadLetters
{
    private const int MaxTries = 4;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    /// <remarks>
    /// A stream's queue of dead letters brings so few at once that one report takes them. A report whose answer was lost is sent again under the same name;
    /// the manager keeps it once.
    /// </remarks>
    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var report = new DeadLetterBatch(newId(), letters, silo());
        try
        {
            await new Backoff(FirstWait, LastWait).RetryAsync(
                () => managers.SetAsideAsync(stream, report).Observed().WaitAsync(cancellationToken),
                (_, tries) => tries < MaxTries && !cancellationToken.IsCancellationRequested, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BacklogStoreException($"the manager of {stream} did not keep what was set aside: {e.Message}", inner: e);
        }
    }
}
