namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>A backlog of one stream with three dead letters.</summary>
internal sealed class FakeBacklog : IBacklogAdmin
{
    public const string Stream = "orders";

    public static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>The numbers of the dead letters that are there.</summary>
    public SortedSet<long> Numbers { get; } = [3, 5, 9];

    /// <summary>The bytes of each dead letter's data.</summary>
    public int DataBytes { get; set; } = 3;

    /// <summary>Segments that could not be read.</summary>
    public long Damaged { get; set; }

    /// <summary>What a look at the ledger throws, before the stream's name is checked; null for nothing.</summary>
    public Exception? Defect { get; set; }

    /// <summary>What a look at the backlog throws; null for nothing.</summary>
    public Exception? BacklogDefect { get; set; }

    public Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default) =>
        Defect is null ? Of(stream, new StreamLedger(21, 1, 2, 3, 4, 5, 6)) : throw Defect;

    public async Task<StreamBooks> GetLedgerReportAsync(string stream, CancellationToken cancellationToken = default) => new()
    {
        Ledger = await GetLedgerAsync(stream, cancellationToken),
        Covered = [new LedgerContributor { Process = "S10.1.2.3:11111:77", StartedAt = At, Ledger = new StreamLedger(20, 1, 2, 3, 4, 5, 5) },
            new LedgerContributor { Process = "S10.1.2.4:11111:78", StartedAt = null, Ledger = new StreamLedger(1, 0, 0, 0, 0, 0, 1) }],
        NotCovered = [new MissingContributor { Process = "S10.1.2.3:11111:76", State = MissingContributorState.Gone }, new MissingContributor { Process = "S10.1.2.5:11111:75", State = MissingContributorState.Leaving }],
    };

    public Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default) => Of(stream, new BacklogStatus
    {
        Records = 5, Segments = 2, Bytes = 1_000, OldestAge = TimeSpan.FromSeconds(2.5), IsSpilling = true, DeadLetters = Numbers.Count, WriteUnits = 1.5,
        Cost = 0.25, DamagedSegments = BacklogDefect is { } defect ? throw defect : Damaged,
    });

    public Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default) =>
        Of<IReadOnlyList<DeadLetter>>(stream, [.. Numbers.Where(n => n > after).Take(max).Select(Letter)]);

    public Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        Of(stream, Numbers.RemoveWhere(n => numbers?.Contains(n) ?? true));

    public Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        Numbers.Contains(42)
            ? throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, "the store does not answer")
            : Of(stream, Numbers.RemoveWhere(n => numbers?.Contains(n) ?? true));

    private DeadLetter Letter(long number) => new()
    {
        Number = number,
        Record = new UserRecord($"key-{number}", (byte[])[0, 255, (byte)number, .. new byte[DataBytes - 3]], number == 5 ? UInt128.MaxValue : null),
        ErrorCode = "ValidationException",
        ErrorMessage = "no \"good\"",
        PersistedAt = At,
        SetAsideAt = At.AddSeconds(number),
    };

    private static Task<T> Of<T>(string stream, T value)
    {
        StreamName.Check(stream);
        return stream == Stream ? Task.FromResult(value) : throw new StreamManagerException(RecordErrorCodes.ResourceNotFound, $"no stream {stream}");
    }
}
