using System.Net;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Putting;
using Orleans.Kpl.Kinesis.Tests.Serving;
using Orleans.Kpl.Kinesis.Wire;
using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Tests.Putting;

/// <summary>Records above 1 MiB need an answer of Kinesis once, and not every five seconds.</summary>
public sealed class RecordSizesTests
{
    private const string Stream = KinesisFrontServer.Stream;
    private const int Mebi = 1 << 20;

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MostOf_WhatTheStreamWasKnownToTake_IsTakenWithoutAQuestion(bool isKinesisGone)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        await RaiseAsync(server, 2_048);
        var budget = new QuestionBudget(_time, static () => 10);
        var sizes = SizesOf(server, budget);
        Assert.Equal(2 * Mebi, await MostOfAsync(sizes, 2 * Mebi - 1));
        _time.Advance(AnswerCache<int>.KeptFor + TimeSpan.FromSeconds(1));
        if (isKinesisGone)
            await server.StopKinesisAsync();
        else
            TakeAll(budget);

        Assert.Equal(2 * Mebi, await MostOfAsync(sizes, 2 * Mebi - 1));
        Assert.Equal(10 * Mebi, await MostOfAsync(sizes, 3 * Mebi)); // it may have been raised: Kinesis decides
    }

    [Fact]
    public async Task MostOf_MoreThanTheStreamWasKnownToTake_AsksAgain()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var sizes = SizesOf(server, new QuestionBudget(_time, static () => 1));
        Assert.Equal(Mebi, await MostOfAsync(sizes, 2 * Mebi - 1));
        await RaiseAsync(server, 2_048);
        _time.Advance(AnswerCache<int>.KeptFor);
        Assert.Equal(2 * Mebi, await MostOfAsync(sizes, 2 * Mebi - 1));
        Assert.Equal(2 * Mebi, await MostOfAsync(sizes, 3 * Mebi));
        await Assert.ThrowsAsync<FrontException>(() => MostOfAsync(sizes, 2 * Mebi, "missing").AsTask());
    }

    /// <summary>The put was denied, as if its sender had no right to put.</summary>
    [Fact]
    public async Task MostOf_WithoutTheRightToDescribe_IsWhatEveryStreamTakes()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        server.Kinesis.Kinesis.Faults.Add(new ErrorFault { Type = "AccessDeniedException", Operation = "DescribeStreamSummary" });
        Assert.Equal(Mebi, await MostOfAsync(SizesOf(server, new QuestionBudget(_time, static () => 1)), 2 * Mebi));
    }

    /// <summary>The front answered 500, though the backlog would have taken it.</summary>
    [Fact]
    public async Task Put_OfALargeRecord_IsPersisted_WhereKinesisIsAwayFromTheStart()
    {
        using var folder = new TemporaryFolder();
        await using var server = await KinesisFrontServer.StartAsync(
            o => (o.Backlog.Directory, o.RequestTimeout) = (folder.Path, TimeSpan.FromSeconds(1)), f => f.Ack = AckLevel.Persisted);
        await server.StopKinesisAsync();

        var large = Convert.ToBase64String(new byte[2 * Mebi]);
        var reply = await server.CallAsync("PutRecord", $$"""{"StreamName":"{{Stream}}","PartitionKey":"k","Data":"{{large}}"}""");

        Assert.Equal((HttpStatusCode.OK, "0"), (reply.Status, (string?)reply.Json["SequenceNumber"]));
    }

    /// <summary>It had InternalFailure among others that were taken, and clients put it again for ever.</summary>
    [Theory]
    [InlineData(1_024, HttpStatusCode.BadRequest)]
    [InlineData(2_048, HttpStatusCode.OK)]
    public async Task PutRecords_WithARecordThatFitsOnlyWithoutItsWrapper_IsRefusedWhole(int takenKiB, HttpStatusCode status)
    {
        await using var server = await KinesisFrontServer.StartAsync(static o => o.ForStream(Stream, static s => s.Ordered = OrderedMode.PutRecords));
        await RaiseAsync(server, takenKiB);

        var large = Convert.ToBase64String(new byte[Mebi - 100]);
        var reply = await server.CallAsync("PutRecords",
            $$"""{"StreamName":"{{Stream}}","Records":[{"PartitionKey":"k","Data":"aGk="},{"PartitionKey":"k","Data":"{{large}}"}]}""");

        var isTaken = status == HttpStatusCode.OK;
        Assert.Equal((status, isTaken ? null : "InvalidArgumentException"), (reply.Status, reply.Error));
        Assert.Equal(isTaken ? 2 : 0, server.Applied.Count);
        Assert.Equal(!isTaken, reply.Message.Contains($"the maximum record size of {Mebi - 160} bytes", StringComparison.Ordinal));
    }

    /// <summary>A limit that was lowered was never learned again: the large one had InternalFailure among others that were taken, for ever.</summary>
    [Fact]
    public async Task PutRecords_WithARecordAboveALimitThatWasLowered_IsRefusedWhole_OnceKinesisRefusedOne()
    {
        await using var server = await KinesisFrontServer.StartAsync(time: _time);
        await RaiseAsync(server, 2_048);
        var large = Convert.ToBase64String(new byte[Mebi + 1]);
        var body = $$"""{"StreamName":"{{Stream}}","Records":[{"PartitionKey":"k","Data":"aGk="},{"PartitionKey":"k","Data":"{{large}}"}]}""";
        Assert.Equal(0, (int?)(await server.CallAsync("PutRecords", body)).Json["FailedRecordCount"]);
        await RaiseAsync(server, 1_024);
        _time.Advance(AnswerCache<int>.KeptFor);

        var first = await server.CallAsync("PutRecords", body);
        var second = await server.CallAsync("PutRecords", body);

        Assert.Equal((HttpStatusCode.OK, "InternalFailure"), (first.Status, (string?)first.Records[1]["ErrorCode"]));
        Assert.Equal((HttpStatusCode.BadRequest, "InvalidArgumentException"), (second.Status, second.Error));
        Assert.Equal(3, server.Applied.Count);
    }

    private RecordSizes SizesOf(KinesisFrontServer server, QuestionBudget budget) =>
        new(new StreamDescriptions(
            new GatewayAnswers(server.Producer.Parts.Kinesis, static stream => Task.FromResult(new KplOptions().GetStream(stream)), _time), budget, _time));

    private static Task RaiseAsync(KinesisFrontServer server, int kibi) => server.Producer.Parts.Kinesis.ChangeCapacityAsync(
        StreamTarget.Of(Stream, new StreamOptions()), server.Kinesis.Kinesis.Get(Stream).Arn, new CapacityCall.MaxRecord(kibi),
        TestContext.Current.CancellationToken);

    private static async ValueTask<long> MostOfAsync(RecordSizes sizes, int bytes, string stream = Stream)
    {
        using var call = new PutCall();
        call.Add(new PutEntry("k", new byte[bytes - 1], null));
        return await sizes.MostOfAsync(stream, call, 0, null, TestContext.Current.CancellationToken);
    }

    private static void TakeAll(QuestionBudget budget)
    {
        for (var i = 0; i < QuestionBudget.Burst; i++)
        {
            try
            {
                budget.Take(null);
            }
            catch (FrontException refused)
            {
                Assert.Equal("LimitExceededException", refused.Type);
            }
        }
    }
}
