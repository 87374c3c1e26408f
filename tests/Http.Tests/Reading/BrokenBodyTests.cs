using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Inflating;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <summary>A client that gives up over HTTP/2 is no defect of the tier: for each a failure with its stack was in the log.</summary>
public sealed class BrokenBodyTests
{
    [Fact]
    public async Task Reset_AfterTheBytesWereRead_IsABrokenBody()
    {
        using var deadline = new BodyDeadline(TimeSpan.FromSeconds(1), new FakeTimeProvider());
        using var whole = new ReceivedBody(new BodyMemory(1 << 20, new FakeTimeProvider()), 1 << 20, TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<BadHttpRequestException>(() => whole.FillAsync(new ResetBody(), null, deadline).AsTask());

        using var lines = new ArrivedBytes(new ResetBody(), long.MaxValue, default);
        await Assert.ThrowsAsync<BadHttpRequestException>(() => lines.ReadAsync(new byte[8]).AsTask());
    }

    /// <summary>Has bytes. Its stream was reset when they are passed on, as Kestrel tells it.</summary>
    private sealed class ResetBody : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => throw new IOException("The client reset the request stream.");

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => new(Next());

        public override bool TryRead(out ReadResult result)
        {
            result = Next();
            return true;
        }

        private static ReadResult Next() => new(new ReadOnlySequence<byte>(new byte[4]), isCanceled: false, isCompleted: true);
    }
}
