using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>Hands dead letters to their stream's manager, which keeps them.</summary>
internal sealed class ClusterDeadLetters(string stream, IStreamManagers managers, Func<string> silo, Func<Guid> newId, TimeProvider time) : IDeadLetters
{
    private const int MaxTries = 4;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc />
    /// <remarks>
    /// A stream's queue of dead letters brings so few at once that one report takes them. A report whose answer was lost is sent again under the same name;
    /// the manager keeps it once.
    /// </remarks>
    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var report = new DeadLetterBatch(newId(), letters, silo());
        var wait = FirstWait;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await managers.SetAsideAsync(stream, report).WaitAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (tries == MaxTries)
                    throw new BacklogStoreException($"the manager of {stream} did not keep what was set aside: {e.Message}", inner: e);
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            wait *= 2;
        }
    }
}
