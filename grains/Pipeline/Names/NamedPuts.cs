using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Timing;
using static System.FormattableString;

namespace Orleans.Kpl.Pipeline.Names;

/// <summary>
/// Sends puts to their stream's canonical name. On an ordered stream, puts by an ARN and puts by the name in it keep the order of their calls.
/// </summary>
internal sealed class NamedPuts(StreamNameResolver names, KplOptions options, TimeProvider time)
{
    // Puts that wait until it is known whose stream an ARN names, by the name in it: one by that name must not overtake them.
    private readonly ClosingQueues _unnamed = new();

    // Not disposed: it has no timer, and puts may still come.
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Returns the canonical name of a stream if puts may go there at once; null where they have to wait for it, or for others.</summary>
    public string? FindNow(string stream) =>
        names.Find(stream) is { } name && (_unnamed.IsEmpty || !_unnamed.Has(StreamNameResolver.NameIn(stream))) ? name : null;

    /// <summary>Turns away the puts that wait, and all that come: they would wait for a name under which nothing is accepted any more.</summary>
    public void Close() => _closed.Cancel();

    /// <summary>Whether puts wait for those before them. Else an ARN that cannot be told would keep puts by the name from a backlog that takes them.</summary>
    private bool IsOrdered(string stream) =>
        options.GetStream(stream).Ordered != OrderedMode.Off || options.GetStream(StreamNameResolver.NameIn(stream)).Ordered != OrderedMode.Off;

    /// <summary>The result of a record by an ARN of which it is not known whose it is. Nothing was accepted.</summary>
    public static RecordResult ResultOf(UserRecord record, KinesisException why) => RecordResult.NotDelivered(RecordStatus.Failed, why.Code,
        $"Kinesis does not tell whose stream this ARN names, so nothing is put there. By its name it would be: {why.Message}", record);

    /// <summary>
    /// Puts under the canonical name as soon as it is known, in the order of the calls. While it cannot be known nothing is put: under the ARN a shard might
    /// get a second owner. Whoever gives up has put nothing, and keeps the order of those behind.
    /// </summary>
    /// <param name="put">Puts under a name, with the options for what is left to wait for.</param>
    /// <param name="asked">What the caller asked for.</param>
    /// <exception cref="AcceptTimeoutException">The time for which the put may wait is over.</exception>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public async ValueTask<T> InTurnAsync<T>(
        string stream, Func<string, PutOptions?, ValueTask<T>> put, Func<KinesisException, T> fail, PutOptions? asked, CancellationToken cancellationToken)
    {
        ValueTask<T> under;
        // Nobody asks Kinesis for a put that comes too late.
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, typeof(IKplProducer));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        using var deadline = new AcceptDeadline(asked?.AcceptTimeout ?? asked?.TimeToLive ?? Timeout.InfiniteTimeSpan, time, ended.Token);
        var began = time.GetTimestamp();
        using (var turn = IsOrdered(stream) ? _unnamed.Join(StreamNameResolver.NameIn(stream)) : null)
        {
            Task<string>? telling = null;
            try
            {
                await (turn?.Before ?? Task.CompletedTask).WaitAsync(deadline.Token).ConfigureAwait(false);
                telling = names.CanonicalAsync(stream, deadline.Token).AsTask();
                // Counted from the call: those in line wait at the same time, and not one after the other.
                if (turn is not null)
                    await telling.WaitAsync(Rest(began), time, deadline.Token).ConfigureAwait(false);
                under = put(await telling.ConfigureAwait(false), Left(deadline.Rest(asked), began));
            }
            catch (TimeoutException)
            {
                // Nobody waits for it any more: its own failure counts as observed.
                _ = telling?.Observed();
                return fail(new KinesisException(
                    KinesisFailureKind.NotSent, RecordErrorCodes.RequestTimeout,
                    Invariant($"it was not told within {names.LongestLine.TotalSeconds:0.###} s")));
            }
            catch (OperationCanceledException e) when (deadline.IsOver)
            {
                return asked?.AcceptTimeout is not null
                    ? throw new AcceptTimeoutException(e)
                    : fail(new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.Expired, "the time-to-live ended before it was told"));
            }
            catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }
            catch (OperationCanceledException) when (_closed.IsCancellationRequested)
            {
                // Whoever closes must not run the caller's code, which may wait for the end.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                throw new ObjectDisposedException(nameof(IKplProducer), "the producer was disposed before it was known whose stream the ARN names");
            }
            catch (KinesisException e)
            {
                return fail(e);
            }
        }

        return await under.ConfigureAwait(false);
    }

    /// <summary>The options for what is left: the time-to-live of the records counts from the call. The shortest that there is remains.</summary>
    private PutOptions? Left(PutOptions? options, long began) => options?.TimeToLive is { } ttl
        ? options with { TimeToLive = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (ttl - time.GetElapsedTime(began)).Ticks)) }
        : options;

    private TimeSpan Rest(long began) => names.LongestLine - time.GetElapsedTime(began) is { Ticks: > 0 } rest ? rest : TimeSpan.Zero;
}
