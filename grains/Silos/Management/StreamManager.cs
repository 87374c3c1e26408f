using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Changes a stream, and reads its shards for all silos. It answers for the stream: its shards and their changes, its ledger, its
/// backlog, its failures. Each of these is a class of its own. For one activation: its calls may interleave, but are not thread-safe.
/// </summary>
internal sealed partial class StreamManager
{
    private const int MostFailures = 1_000;

    private readonly string _stream;
    private readonly ManagerServices _services;
    private readonly FailureList _failures;
    private readonly Action _fenced;
    private readonly AdminServices _administration;
    private readonly DeadLetterStore _letters;
    private readonly StreamSums _sums;
    private StreamAdministrator? _admin;
    private bool _isOver;

    /// <param name="services">What the managers of this silo share.</param>
    /// <param name="fenced">Called when another manager of the stream has begun: this one must end.</param>
    /// <param name="move">Called when another silo should have the manager: this one cannot change the stream.</param>
    public StreamManager(string stream, ManagerServices services, Action fenced, Action<SiloId> move)
    {
        (_stream, _services, _fenced) = (stream, services, fenced);
        _administration = services.Admin with { Kinesis = services.NewControl(move) };
        Readings = new StreamReadings(stream, services.Options, services.Kinesis, services.Links, services.Silos, services.Time, services.Logger);
        var since = services.Time.GetUtcNow();
        _failures = new FailureList(since, services.FailureMemory);
        if (services.SendHint is { } send)
            _failures.Grew += new FailureHints(stream, since, send, services.Time, services.Logger).Grew;
        _letters = new DeadLetterStore(
            stream, services.Letters, _failures, services.Events, services.Time, () => services.Producer.Instruments.SegmentDamaged(stream));
        _sums = new StreamSums(stream, services.Links, services.Silos, _letters, services.Logger);
    }

    /// <summary>The shards and the description of the stream.</summary>
    public StreamReadings Readings { get; }

    /// <summary>Changes shards, on the thread pool.</summary>
    /// <exception cref="StreamManagerException">This manager has ended: the next call reaches another one.</exception>
    public StreamAdministrator Admin => _isOver ? throw Ended() : _admin ??= new StreamAdministrator(
        new ClusterStream(StreamTarget.Of(_stream, Settings), _services.Gateway, _services.Links, _services.Silos,
            () => Readings.Known, after => PageOf(_failures.Page(after, MostFailures))),
        _administration, Settings.Routing);

    private StreamOptions Settings => _services.Options.GetStream(_stream);

    /// <summary>Continues operations that were left under way, and the policy; a failure is tried again within a minute.</summary>
    public async Task ResumeAsync()
    {
        try
        {
            // Under another name nothing is managed: calls are passed on.
            if (await _services.Producer.Names.CanonicalAsync(_stream) == _stream && !_isOver)
                await Admin.ResumeAsync();
        }
        catch (Exception e)
        {
            LogNotResumed(_services.Logger, e, _stream);
        }
    }

    /// <summary>Ends the manager; what is under way for shards is continued by the next one.</summary>
    public async Task EndAsync()
    {
        _isOver = true;
        if (_admin is not null)
            await _admin.DisposeAsync();
        await _letters.DisposeAsync();
        _failures.Dispose();
    }

    /// <summary>Adds failures to the list.</summary>
    public void AddFailures(FailureBatch failures) => _failures.Add(failures);

    /// <summary>Returns failures, oldest first.</summary>
    public async Task<FailureEntryPage> FailuresAsync(long after, int max)
    {
        try
        {
            await _letters.ReadyAsync();
        }
        catch (BacklogStoreException e)
        {
            LogNoLetters(_services.Logger, e, _stream);
        }

        return _failures.Page(after, max);
    }

    /// <summary>Returns failures, oldest first, without their data.</summary>
    public async Task<FailedRecordPage> ListFailuresAsync(long after, int max) => PageOf(await FailuresAsync(after, max));

    /// <summary>Explains a failure of the list, or where a key goes.</summary>
    public async Task<RecordExplanation> ExplainAsync(ExplainQuestion question)
    {
        if (question.Failure is not { } number)
            return await Admin.ExplainAsync(question, null, CancellationToken.None);
        if (await FailuresAsync(number - 1, 1) is not { Entries: [var entry] } || entry.Number != number)
            throw StreamAdministrator.UnknownFailure(_stream, number);
        var failure = TextOf(entry);
        return await Admin.ExplainAsync(question, failure, CancellationToken.None);
    }

    /// <summary>Keeps dead letters. They are durable when this completes.</summary>
    /// <exception cref="StreamManagerException">They could not be kept; this holds for all methods below.</exception>
    public Task SetAsideAsync(DeadLetterBatch report) => OfLettersAsync(async () =>
    {
        await _letters.AddAsync(report);
        return report.Letters.Count;
    });

    /// <summary>Returns dead letters, oldest first; fewer than requested if they are large.</summary>
    public Task<DeadLetter[]> LettersAsync(long after, int max) => OfLettersAsync(() => _letters.ListAsync(after, max));

    /// <summary>Puts dead letters into the backlog again; null for all of them. Returns how many.</summary>
    public Task<int> RequeueAsync(long[]? numbers) =>
        OfLettersAsync(() => _letters.RequeueAsync(numbers, letters => _services.Producer.RequeueAsync(_stream, letters)));

    /// <summary>Drops dead letters; null for all of them. Returns how many.</summary>
    public Task<int> DropAsync(long[]? numbers) => OfLettersAsync(() => _letters.DropAsync(numbers));

    /// <summary>Sums up the ledgers of all silos.</summary>
    public Task<StreamBooks> LedgerAsync() => OfLettersAsync(_sums.LedgerAsync);

    /// <summary>Sums up the ledgers of all silos, where all of them answer: one number cannot say what it lacks.</summary>
    /// <exception cref="StreamManagerException">A silo does not answer.</exception>
    public async Task<StreamLedger> TotalAsync()
    {
        var books = await LedgerAsync();
        return books.NotCovered.FirstOrDefault(static s => s.State == MissingContributorState.Silent) is { } silent
            ? throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"the ledger of {silent.Process} is not known: it does not answer")
            : books.Ledger;
    }

    /// <summary>Tells how far all silos have given numbers, and those that ended before.</summary>
    /// <exception cref="StreamManagerException">The store of the latter did not answer.</exception>
    public Task<LastNumbers> LastNumbersAsync() => AdminErrors.TellAsync(() => _sums.NumbersAsync(_services.Admin.Numbers));

    /// <summary>Sums up the backlogs of all silos.</summary>
    public Task<BacklogStatus> BacklogAsync() => OfLettersAsync(_sums.BacklogAsync);

    /// <summary>
    /// Asks for the dead letters, whose store's errors become the manager's. Where another manager has them, this one ends: the next call reaches that one.
    /// </summary>
    private async Task<T> OfLettersAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (BacklogFencedException e)
        {
            _fenced();
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"another manager of {_stream} has begun: {e.Message}");
        }
        catch (BacklogStoreException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, e.Message);
        }
    }

    private StreamManagerException Ended() => new(StreamManagerErrorCodes.StateUnavailable, $"this manager of {_stream} has ended");

    private FailedRecordPage PageOf(FailureEntryPage page) => new()
    {
        Failures = [.. page.Entries.Select(TextOf)], Next = page.Next, HasMore = page.HasMore, Missed = page.Missed, Since = page.Since,
    };

    private FailedRecord TextOf(FailureEntry entry) => FailureText.Of(entry.Number, entry.EndedAt, entry.Silo, entry.Result, _services.Options.LogKeys);

    [LoggerMessage(118, LogLevel.Warning, "What was under way for the shards of {Stream} does not go on yet; it is tried again in a minute")]
    private static partial void LogNotResumed(ILogger logger, Exception error, string stream);

    [LoggerMessage(87, LogLevel.Warning, "What was set aside of {Stream} cannot be read now; its list of failures is without")]
    private static partial void LogNoLetters(ILogger logger, Exception error, string stream);
}

/// <summary>The services that the managers on one silo share.</summary>
/// <param name="Kinesis">Kinesis itself: only managers ask it about shards.</param>
/// <param name="NewControl">Returns what changes a stream from this silo, and may have its manager move.</param>
/// <param name="Gateway">Kinesis as the silo's pipeline sees it.</param>
/// <param name="Letters">Keeps the dead letters; null if there is no backlog.</param>
/// <param name="SendHint">Sends hints of failures; null where nobody wants them.</param>
internal sealed record ManagerServices(
    KplOptions Options, IKinesisGateway Kinesis, Func<Action<SiloId>, IKinesisControl> NewControl, ClusterGateway Gateway, ClusterProducer Producer,
    ISiloLinks Links, LiveSilos Silos, AdminServices Admin, IBacklogStore? Letters, Func<FailureNotice, Task>? SendHint, IPipelineEvents Events,
    TimeProvider Time, ILogger Logger)
{
    public FailureMemory FailureMemory { get; } = new();
}
