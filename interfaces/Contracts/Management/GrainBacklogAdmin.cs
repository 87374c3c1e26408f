namespace Orleans.Kpl.Management;

/// <summary>
/// The <see cref="IBacklogAdmin"/> of a tier, for its silos and its clients. It passes each request to the stream's manager, on
/// whichever silo that is.
/// </summary>
internal sealed class GrainBacklogAdmin(IGrainFactory grains) : IBacklogAdmin
{
    private readonly StreamManagers _managers = new(grains);

    public Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetLedger(), cancellationToken);

    public Task<StreamBooks> GetLedgerReportAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetLedgerReport(), cancellationToken);

    public Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetBacklog(), cancellationToken);

    /// <summary>Requests pages until there are enough dead letters: a manager's page is shorter if the records are large.</summary>
    public async Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100,
        CancellationToken cancellationToken = default)
    {
        DeadLetterRange.Check(after, max);
        var letters = new List<DeadLetter>();
        while (letters.Count < max)
        {
            var next = letters.Count > 0 ? letters[^1].Number : after;
            var page = await _managers.AskAsync(stream, m => m.GetDeadLetters(next, max - letters.Count), cancellationToken).ConfigureAwait(false);
            if (page.Length == 0)
                break;
            letters.AddRange(page);
        }

        return letters;
    }

    public Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.RequeueDeadLetters(numbers?.ToArray()), cancellationToken);

    public Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.DropDeadLetters(numbers?.ToArray()), cancellationToken);
}
