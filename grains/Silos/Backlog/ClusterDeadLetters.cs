using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>Hands dead letters to their stream's manager, which keeps them.</summary>
internal sealed class ClusterDeadLetters(string stream, IStreamManagers managers, Func<string> silo, Func<Guid> newId, TimeProvider time) : IDeadLetters
{
    private const int MaxTries = 4;
    private const long MaxReportBytes = 1 << 20;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc />
    public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        foreach (var part in Parts(letters))
            await ReportAsync(new DeadLetterBatch(newId(), part, silo()), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reports dead letters. A report whose answer was lost is sent again under the same name; the manager keeps it once.</summary>
    private async Task ReportAsync(DeadLetterBatch report, CancellationToken cancellationToken)
    {
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

    private static IEnumerable<IReadOnlyList<DeadLetter>> Parts(IReadOnlyList<DeadLetter> letters)
    {
        List<DeadLetter> part = [];
        var bytes = 0L;
        foreach (var letter in letters)
        {
            var size = letter.Record.Data.Length + letter.Record.PartitionKey.Length * 2L + (letter.ErrorMessage?.Length ?? 0) * 2L;
            if (part.Count > 0 && bytes + size > MaxReportBytes)
            {
                yield return part;
                (part, bytes) = ([], 0);
            }

            bytes += size;
            part.Add(letter);
        }

        if (part.Count > 0)
            yield return part;
    }
}
