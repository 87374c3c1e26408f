using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Inflating;
using Orleans.Kpl.Http.Streaming;

namespace Orleans.Kpl.Http.Tests.Streaming;

public sealed class StreamedLinesTests
{
    /// <summary>Bodies waited for a permit, but hundreds of streams that were held back took their windows apart at once.</summary>
    [Fact]
    public async Task Read_OfALargeWindow_WaitsForATurn_AndGivesItBack()
    {
        var body = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var line = "{\"partition_key\":\"k\",\"payload\":\"" + new string('x', 1_000) + "\"}\n";
        await body.Writer.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, 400))), TestContext.Current.CancellationToken);
        await body.Writer.CompleteAsync();
        var permits = new ReadingPermits(1);
        var taken = await permits.EnterAsync(ReadingPermits.Large, default);
        using var share = new StreamedShare(
            new DefaultHttpContext { RequestServices = new ServiceCollection().BuildServiceProvider() }, TimeSpan.Zero, TimeProvider.System);
        using var lines = new StreamedLines(
            new ArrivedBytes(body.Reader, long.MaxValue, default), null, new BodyMemory(8 << 20, TimeProvider.System), share, permits,
            new StreamedRequest("s", new PutOptions(), IsAccepted: false, PayloadForm.JsonText, null), new KplHttpOptions(), new FakeTimeProvider());

        // The buffer grows as it is filled: windows are small at first, and take no permit.
        var count = 0;
        var reading = ReadAsync();
        Assert.False(reading.IsCompleted);
        Assert.InRange(count, 1, 399);

        taken?.Dispose();
        await reading.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Equal(400, count);
        Assert.True(permits.EnterAsync(ReadingPermits.Large, default).IsCompletedSuccessfully);

        async Task ReadAsync()
        {
            while (true)
            {
                using var records = new RecordBuffer(StreamedLines.MostRecords);
                if (!await lines.ReadAsync(records, TestContext.Current.CancellationToken))
                    return;
                count += records.Count;
            }
        }
    }
}
