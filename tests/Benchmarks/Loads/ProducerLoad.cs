namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Drives a producer as fast as it takes records, and looks at every result.</summary>
internal static class ProducerLoad
{
    /// <summary>Batches, each awaited for its results.</summary>
    public static async Task<long> BatchesAsync(IKplProducer producer, string stream, RecordSet records, long batches)
    {
        var pending = new Queue<EnqueuedBatch>();
        var failed = 0L;
        for (var b = 0L; b < batches; b++)
        {
            pending.Enqueue(await producer.EnqueueAsync(stream, records.Batch(b)));
            while (pending.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                failed += Observe(pending.Dequeue());
        }

        while (pending.TryDequeue(out var batch))
        {
            await batch.Delivery;
            failed += Observe(batch);
        }

        return failed;
    }

    /// <summary>One call and one awaited result for each record, as many under way as the producer has room for.</summary>
    public static async Task<long> SinglesAsync(IKplProducer producer, string stream, RecordSet records, long batches)
    {
        var pending = new Queue<Task<RecordResult>>();
        var failed = 0L;
        for (var b = 0L; b < batches; b++)
        {
            var batch = records.Batch(b);
            for (var i = 0; i < batch.Length; i++)
            {
                var enqueued = await producer.EnqueueAsync(stream, batch.Span[i]);
                pending.Enqueue(enqueued.Delivery);
                while (pending.TryPeek(out var oldest) && oldest.IsCompleted)
                    failed += (await pending.Dequeue()).IsSuccess ? 0 : 1;
            }
        }

        while (pending.TryDequeue(out var delivery))
            failed += (await delivery).IsSuccess ? 0 : 1;
        return failed;
    }

    private static long Observe(EnqueuedBatch batch)
    {
        var failed = 0L;
        foreach (ref readonly var result in batch.Results)
        {
            if (!result.IsSuccess)
                failed++;
        }

        batch.Dispose();
        return failed;
    }
}
