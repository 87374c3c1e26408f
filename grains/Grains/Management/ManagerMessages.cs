using System.Collections.Immutable;
using Orleans.Kpl.Management;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Grains.Management;

/// <summary>Translates the messages of a stream's manager. Errors of Kinesis travel as data.</summary>
internal static class ManagerMessages
{
    /// <summary>Returns the shards of a listing.</summary>
    /// <exception cref="KinesisException">The listing carries an error.</exception>
    public static IReadOnlyList<ShardRange> ToRanges(this ShardListing listing)
    {
        listing.Error.Throw();
        return [.. listing.Shards.Select(static s => new ShardRange(s.ShardId, s.StartingHashKey, s.EndingHashKey, s.StartingSequenceNumber))];
    }

    /// <summary>Returns the summary of a description.</summary>
    /// <exception cref="KinesisException">The description carries an error.</exception>
    public static StreamSummary ToSummary(this StreamDescription told)
    {
        told.Error.Throw();
        return new StreamSummary(told.StreamArn, told.Status, told.CreationTime, told.MaxRecordSizeInKiB, told.OnDemand);
    }

    public static Task<ShardListing> ListedAsync(this Task<ShardReading> reading) =>
        ToldAsync(reading, static r => new ShardListing { Shards = r.Shards.ToShards() }, static e => new ShardListing { Error = e });

    public static Task<ShardListing> ListedAsync(this Task<IReadOnlyList<ShardRange>> reading) =>
        ToldAsync(reading, static r => new ShardListing { Shards = r.ToShards() }, static e => new ShardListing { Error = e });

    public static Task<StreamDescription> DescribedAsync(this Task<StreamSummary> reading) => ToldAsync(
        reading,
        static s => new StreamDescription
        {
            StreamArn = s.StreamArn, Status = s.Status, CreationTime = s.CreationTime, MaxRecordSizeInKiB = s.MaxRecordSizeInKiB, OnDemand = s.OnDemand,
        },
        static e => new StreamDescription { Error = e });

    /// <summary>Returns a reading as users see it.</summary>
    /// <exception cref="StreamManagerException">Kinesis did not return the shards.</exception>
    public static async Task<StreamShards> ToldAsync(this Task<ShardReading> reading, string stream)
    {
        try
        {
            var read = await reading.ConfigureAwait(false);
            return new StreamShards { Stream = stream, ReadAt = read.ReadAt, Shards = read.Shards.ToShards() };
        }
        catch (KinesisException e)
        {
            throw new StreamManagerException(e.Code, e.Message);
        }
    }

    /// <summary>Returns the message of failures. Their producer numbers stand beside them.</summary>
    public static FailureReport ToReport(this FailureBatch batch) => new()
    {
        Failures = [.. batch.Entries.Select(ToFailure)],
        LeftOut = batch.LeftOut,
        Numbers = Numbers([.. batch.Entries.Select(static e => e.Result.Outcome?.Number)]),
    };

    public static FailureBatch ToBatch(this FailureReport report)
    {
        FailureEntry[] entries = [.. report.Failures.Select(static f => new FailureEntry(f.EndedAt, f.Silo, f.Result, f.Number))];
        foreach (var number in report.Numbers ?? [])
            entries[number.Letter] = entries[number.Letter] with { Result = entries[number.Letter].Result.WithNumber(Packed(number)) };
        return new(entries, report.LeftOut);
    }

    public static async Task<FailurePage> ToldAsync(this Task<FailureEntryPage> pending)
    {
        var page = await pending.ConfigureAwait(false);
        return new FailurePage
        {
            Failures = [.. page.Entries.Select(ToFailure)],
            Next = page.Next,
            HasMore = page.HasMore,
            Missed = page.Missed,
            Since = page.Since,
        };
    }

    public static async Task<TMessage> ToldAsync<T, TMessage>(Task<T> reading, Func<T, TMessage> tell, Func<KinesisError, TMessage> refuse)
    {
        try
        {
            return tell(await reading.ConfigureAwait(false));
        }
        catch (KinesisException e)
        {
            return refuse(new KinesisError { Kind = (int)e.Kind, Code = e.Code, Message = e.Message, HttpStatus = e.HttpStatus });
        }
    }

    private static ImmutableArray<StreamShard> ToShards(this IReadOnlyList<ShardRange> shards) =>
        [.. shards.Select(static s => new StreamShard
        {
            ShardId = s.ShardId,
            StartingHashKey = s.StartingHashKey,
            EndingHashKey = s.EndingHashKey,
            StartingSequenceNumber = s.StartingSequenceNumber,
        })];

    private static StreamFailure ToFailure(FailureEntry entry) =>
        new() { Number = entry.Number, EndedAt = entry.EndedAt, Silo = entry.Silo, Result = entry.Result };

    public static void Throw(this KinesisError? error)
    {
        if (error is not null)
            throw new KinesisException((KinesisFailureKind)error.Kind, error.Code, error.Message, error.HttpStatus);
    }

    /// <summary>Returns the message of a report of dead letters. Their producer numbers stand beside the letters.</summary>
    public static DeadLetterReport ToMessage(this DeadLetterBatch report) => new()
    {
        ReportId = report.Id,
        Letters = [.. report.Letters],
        Silo = report.Silo,
        Numbers = Numbers([.. report.Letters.Select(static l => l.ProducerNumber)]),
        Alone = report.Letters.Any(static l => l.IsAlone),
    };

    public static DeadLetterBatch ToLetters(this DeadLetterReport report)
    {
        DeadLetter[] letters = [.. report.Letters.Select(l => l with { IsAlone = report.Alone })];
        foreach (var number in report.Numbers ?? [])
            letters[number.Letter] = letters[number.Letter] with { ProducerNumber = Packed(number) };
        return new(report.ReportId, letters, report.Silo);
    }

    private static DeadLetterNumber[]? Numbers(PackedNumber?[] numbers)
    {
        List<DeadLetterNumber> given = [];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] is { } number)
                given.Add(new() { Letter = i, Producer = number.Producer, Line = number.Line, Number = number.Number });
        }

        return given.Count > 0 ? [.. given] : null;
    }

    private static PackedNumber Packed(DeadLetterNumber number) => new(number.Producer, number.Line, number.Number);
}
