namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class BadInputTests
{
    public static TheoryData<string, string?> BadKeys => new()
    {
        { "empty", "" },
        { "null", null },
        { "257 letters", new string('k', 257) },
        { "129 surrogate pairs", string.Concat(Enumerable.Repeat("😀", 129)) },
    };

    [Theory]
    [MemberData(nameof(BadKeys))]
    public async Task BadKey_ThrowsForOneAndIsAFailedResultInABatch(string what, string? key)
    {
        await using var harness = new PipelineHarness();
        var bad = new UserRecord(key!, new byte[1]);

        var thrown = await Assert.ThrowsAsync<RecordValidationException>(async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, bad));
        var results = await harness.DriveAsync(
            harness.Producer.PutAsync(PipelineHarness.Stream, new[] { PipelineHarness.Record(1), bad, PipelineHarness.Record(2) }).AsTask());

        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, thrown.Code);
        Assert.True(results[0].IsSuccess && results[2].IsSuccess, what);
        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, results[1].ErrorCode);
        Assert.Equal(2, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task KeyOf128SurrogatePairs_IsFit()
    {
        await using var harness = new PipelineHarness();
        var key = string.Concat(Enumerable.Repeat("😀", 128));

        var one = await harness.DriveAsync(await harness.EnqueueAsync(new UserRecord(key, new byte[1])));
        var many = await harness.DriveAsync(
            harness.Producer.PutAsync(PipelineHarness.Stream, new[] { new UserRecord(key, new byte[1]), PipelineHarness.Record(1) }).AsTask());

        Assert.True(one.IsSuccess);
        Assert.All(many, r => Assert.True(r.IsSuccess));
        Assert.Equal(2, harness.Kinesis.Records.Count(r => r.Key == key));
    }

    [Fact]
    public async Task DataOverTheLimit_NamesSizeAndLimit()
    {
        await using var harness = new PipelineHarness();
        var large = new UserRecord("key", new byte[(1 << 20) - 2]);

        var thrown = await Assert.ThrowsAsync<RecordValidationException>(async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, large));
        var fits = await harness.DriveAsync(await harness.EnqueueAsync(new UserRecord("key", new byte[(1 << 20) - 3])));

        Assert.Equal(RecordErrorCodes.RecordTooLarge, thrown.Code);
        Assert.Contains("1048577", thrown.Message, StringComparison.Ordinal);
        Assert.True(fits.IsSuccess);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("arn:aws:sqs:us-east-1:000000000000:stream/x")]
    [InlineData("arn:aws:kinesis:us-east-1:0000:stream/x")]
    [InlineData("arn:aws:kinesis:us-east-1:00000000000x:stream/x")]
    [InlineData("arn:aws\r[2J:kinesis:us-east-1:000000000000:stream/x")] // the log tells of a stream that cannot be
    [InlineData("arn:aws:kinesis:us-east-1\u001b[2J:000000000000:stream/x")]
    [InlineData("arn:aws:kinesis::000000000000:stream/x")]
    public async Task BadStreamName_IsRefused(string stream)
    {
        await using var harness = new PipelineHarness();

        var thrown = await Assert.ThrowsAsync<RecordValidationException>(async () => await harness.Producer.EnqueueAsync(stream, PipelineHarness.Record(1)));

        Assert.Equal(RecordErrorCodes.InvalidStream, thrown.Code);
    }

    [Fact]
    public async Task StreamGivenByArn_IsFit()
    {
        await using var harness = new PipelineHarness();

        var result = await harness.DriveAsync(harness.Producer.PutAsync("arn:aws:kinesis:us-east-1:000000000000:stream/events", PipelineHarness.Record(1)).AsTask());

        Assert.True(result.IsSuccess);
    }

    [Fact]
    public async Task BadPutOptions_AreRefused()
    {
        await using var harness = new PipelineHarness();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(1), new PutOptions { TimeToLive = TimeSpan.Zero }));
        await Assert.ThrowsAsync<NotSupportedException>(
            async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(1),
            new PutOptions { AckLevel = AckLevel.Persisted }));
    }
}
