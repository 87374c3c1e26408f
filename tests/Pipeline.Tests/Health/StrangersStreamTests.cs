namespace Orleans.Kpl.Pipeline.Tests.Health;

/// <summary>Streams that are not there: one that took records was deleted, any other may be a name that somebody misspelt.</summary>
/// <remarks>Tests <see cref="ProducerPipeline"/> and <see cref="Services.FailureTally"/>.</remarks>
public sealed class StrangersStreamTests
{
    [Fact]
    public async Task Failures_OfAMisspeltStream_AreTold_ButHideNotThoseOfADeletedOne()
    {
        await using var harness = new PipelineHarness(configure: static o => o.ForStream("configured", static _ => { }));
        Assert.True((await PutAsync(harness, PipelineHarness.Stream)).IsSuccess);
        harness.Kinesis.BeforeList = static _ => throw Missing();
        harness.Kinesis.BeforePut = static (_, _) => throw Missing();

        Assert.Equal(RecordErrorCodes.ResourceNotFound, (await PutAsync(harness, "evnets")).ErrorCode);
        Assert.Equal(("evnets", true), Told(harness));

        Assert.Equal(RecordErrorCodes.ResourceNotFound, (await PutAsync(harness, PipelineHarness.Stream)).ErrorCode);
        Assert.Equal(RecordErrorCodes.ResourceNotFound, (await PutAsync(harness, "evnets")).ErrorCode);
        Assert.Equal(("events", false), Told(harness));

        Assert.Equal(RecordErrorCodes.ResourceNotFound, (await PutAsync(harness, "configured")).ErrorCode);
        Assert.Equal(("configured events", false), Told(harness));
    }

    private static KinesisException Missing() => new(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no", 400);

    private static (string Streams, bool AreOfStrangers) Told(PipelineHarness harness) =>
        harness.Producer.Health.Failures is { } told ? (string.Join(' ', told.Streams), told.AreOfStrangers) : default;

    private static Task<RecordResult> PutAsync(PipelineHarness harness, string stream) =>
        harness.DriveAsync(harness.Producer.PutAsync(stream, PipelineHarness.Record(1)).AsTask());
}
