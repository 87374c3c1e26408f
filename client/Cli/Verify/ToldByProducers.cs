using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Producer.Backlog;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>The numbers and failures that a tier, and a backlog's folder, tell of a stream's producers: how far they
/// gave numbers, and which records ended without success.</summary>
/// <param name="isNamed">Whether the tier was named: where it does not answer, the answer covers less than was asked for.</param>
/// <param name="folder">The folder of producers that have ended; null for none.</param>
/// <param name="stream">The stream under the name that its producers and their folder have.</param>
internal sealed class ToldByProducers(AdminConnection tier, bool isNamed, string? folder, string stream, DeliveryVerifier verifier)
{
    private const int PageSize = 1_000;

    private readonly SortedSet<string> _silos = new(StringComparer.Ordinal);
    private Dictionary<(ulong Producer, int Line), LastNumber>? _lines;
    private bool _tellsFailures;
    private long _notRemembered;
    private long _beyond;
    private long _inBacklog;
    private string? _trouble;

    /// <summary>Whether somebody told how far numbers were given.</summary>
    public bool HasNumbers => _lines is { Count: > 0 };

    /// <summary>The tier that was named, or silos of it, that did not tell before a reading or before another.</summary>
    public IReadOnlyList<string> NotCovered => _trouble is not null ? [TierText, .. _silos] : [.. _silos];

    private string TierText => tier.Tier.AbsoluteUri.TrimEnd('/');

    /// <summary>
    /// Asks how far numbers were given, before each reading: all that came of them by then is read. From the second time on it only matters which of them
    /// may wait in a backlog by now.
    /// </summary>
    public async Task AskNumbersAsync()
    {
        var answer = await AskAsync("/numbers", AdminJson.Default.LastNumbers, isNeeded: true).ConfigureAwait(false);
        var tiers = answer is { Lines: not null, Failed: not null, NotCovered: not null } ? answer : new LastNumbers();
        _silos.UnionWith(tiers.NotCovered);
        var told = LinesOf(FolderNumbers(), tiers);
        // Of a line that nobody tells any more it is not known whether a backlog has it.
        _lines = _lines is null
            ? told
            : _lines.ToDictionary(static l => l.Key, l => l.Value with { IsInBacklog = told.GetValueOrDefault(l.Key) is not { IsInBacklog: false } });
        foreach (var line in _lines.Values)
        {
            if (ProducerNumber.TryParse(line.ProducerNumber, out var last))
                verifier.NoteLast(last, line.BegunAt, line.GivenAt, line.IsInBacklog);
        }
    }

    /// <summary>Asks which records failed: these are not missing. After each reading.</summary>
    public async Task AskFailuresAsync()
    {
        _notRemembered = 0;
        for (var after = 0L;
            await AskAsync($"/failures?after={after}&max={PageSize}", AdminJson.Default.FailedRecordPage, isNeeded: true).ConfigureAwait(false)
                is { Failures: not null } page;)
        {
            _tellsFailures = true;
            _notRemembered += page.Missed;
            foreach (var failure in page.Failures)
                NoteFailed(failure.ProducerNumber);
            // A list that does not go on would be asked for again and again.
            if (!page.HasMore || page.Next <= after)
                break;
            after = page.Next;
        }

        if (!_tellsFailures)
            return;
        var backlog = await AskAsync("/backlog", AdminJson.Default.BacklogStatus).ConfigureAwait(false);
        _inBacklog = backlog?.Records ?? 0;
        // Reading dead letters takes more rights than all else here. Where there are none, nobody needs them.
        var isNeeded = backlog is { DeadLetters: > 0 };
        for (var after = 0L;
            await AskAsync($"/dead-letters?after={after}&max={PageSize}", AdminJson.Default.DeadLetterPage, isNeeded).ConfigureAwait(false)
                is { DeadLetters: not null } page;)
        {
            foreach (var letter in page.DeadLetters)
                NoteFailed(letter.ProducerNumber);
            if ((!page.HasMore && page.DeadLetters.Count < PageSize) || page.DeadLetters is not [.., { } last] || last.Number <= after)
                break;
            after = last.Number;
        }
    }

    /// <summary>Notes about who did not tell, and about what is missing.</summary>
    public IEnumerable<string> Notes(DeliveryReport report)
    {
        if (_trouble is not null)
            yield return $"{TierText} did not tell all that it was asked, which records failed and the last numbers: {_trouble.TrimEnd('.')}.";
        if (_silos.Count > 0)
        {
            yield return $"{Quantity.Of(_silos.Count, "silo")} of the tier did not answer: {string.Join(", ", _silos)}. "
                + "What was put there last is not known, nor what waits in a backlog there.";
        }

        if (report.Missing == 0)
            yield break;
        if (!_tellsFailures && _trouble is null)
            yield return "No tier told its failures: a record that is known to have failed counts as missing. KPL_TIER or --tier names a tier.";
        if (_notRemembered + _beyond is > 0 and var forgotten)
            yield return $"{Quantity.Of(forgotten, "failure")} of the tier are not remembered: they count as missing.";
        // Of a line that was told it is known whether a backlog may have its numbers: these are under way.
        if (_inBacklog > 0 && report.Lines.Any(l => l.Missing > 0 && _lines?.ContainsKey((l.Producer, l.Line)) != true))
            yield return $"The tier has {Quantity.Of(_inBacklog, "record")} in its backlog, which may be among the missing.";
    }

    private LastNumbers FolderNumbers()
    {
        try
        {
            return folder is null ? new LastNumbers() : EmbeddedNumbers.Read(folder, stream);
        }
        catch (BacklogStoreException e)
        {
            throw CliException.BadArguments($"--backlog: {e.Message}");
        }
    }

    /// <summary>The lines by their names; of what both tell, a producer that runs knows it better.</summary>
    private Dictionary<(ulong Producer, int Line), LastNumber> LinesOf(params LastNumbers[] told)
    {
        Dictionary<(ulong Producer, int Line), LastNumber> lines = [];
        _beyond = told.Max(static t => t.FailedBeyond);
        foreach (var failed in told.SelectMany(static t => t.Failed))
            NoteFailed(failed);
        foreach (var line in told.SelectMany(static t => t.Lines))
        {
            if (ProducerNumber.TryParse(line.ProducerNumber, out var last))
                lines[(last.Producer, last.Line)] = line;
        }

        return lines;
    }

    private void NoteFailed(string? number)
    {
        if (ProducerNumber.TryParse(number, out var known))
            verifier.NoteFailed(known);
    }

    /// <summary>The tier's answer; null where no tier is there, or it has none to give.</summary>
    /// <param name="isNeeded">Whether every tier has one: without it, less is covered.</param>
    private async Task<T?> AskAsync<T>(string path, JsonTypeInfo<T> type, bool isNeeded = false)
        where T : class
    {
        var (answer, trouble) = await tier.GetSoonAsync(path).ConfigureAwait(false);
        var read = answer is null ? null : AdminOutput.TryRead(answer, type);
        if (isNeeded && isNamed && read is null)
            _trouble ??= trouble ?? "it is no tier, or one of another version";
        return read;
    }
}
