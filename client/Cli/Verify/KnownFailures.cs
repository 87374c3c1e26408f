using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>Asks a tier which records ended without success: their numbers are not missing.</summary>
internal sealed class KnownFailures(AdminConnection tier, DeliveryVerifier verifier)
{
    private const int PageSize = 1_000;

    /// <summary>Whether a tier told its failures.</summary>
    public bool IsTold { get; private set; }

    /// <summary>Failures that the tier does not remember.</summary>
    public long NotRemembered { get; private set; }

    /// <summary>The records of the tier's backlog that are still to be delivered.</summary>
    public long InBacklog { get; private set; }

    public async Task AskAsync()
    {
        for (var after = 0L; await AskAsync($"/failures?after={after}&max={PageSize}", AdminJson.Default.FailedRecordPage).ConfigureAwait(false) is { } page;)
        {
            IsTold = true;
            NotRemembered += page.Missed;
            foreach (var failure in page.Failures)
                Note(failure.ProducerNumber);
            if (!page.HasMore)
                break;
            after = page.Next;
        }

        if (!IsTold)
            return;
        for (var after = 0L; await AskAsync($"/dead-letters?after={after}&max={PageSize}", AdminJson.Default.DeadLetterPage).ConfigureAwait(false) is { } page;)
        {
            foreach (var letter in page.DeadLetters)
                Note(letter.ProducerNumber);
            if (page.DeadLetters.Count < PageSize)
                break;
            after = page.DeadLetters[^1].Number;
        }

        InBacklog = (await AskAsync("/backlog", AdminJson.Default.BacklogStatus).ConfigureAwait(false))?.Records ?? 0;
    }

    /// <summary>What to know about them, where numbers are missing.</summary>
    public IEnumerable<string> Notes()
    {
        if (!IsTold)
            yield return "No tier told its failures: a record that is known to have failed counts as missing. KPL_TIER or --tier names a tier.";
        if (NotRemembered > 0)
            yield return $"{Quantity.Of(NotRemembered, "failure")} of the tier are not remembered: they count as missing.";
        if (InBacklog > 0)
            yield return $"The tier has {Quantity.Of(InBacklog, "record")} in its backlog, which may be among the missing.";
    }

    private void Note(string? number)
    {
        if (ProducerNumber.TryParse(number, out var known))
            verifier.NoteFailed(known);
    }

    /// <summary>The tier's answer; null where no tier is there, or it has none to give.</summary>
    private async Task<T?> AskAsync<T>(string path, JsonTypeInfo<T> type)
        where T : class =>
        await tier.TryGetAsync(path).ConfigureAwait(false) is (HttpStatusCode.OK, var answer) ? AdminOutput.TryRead(answer, type) : null;
}
