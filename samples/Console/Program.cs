using Orleans.Kpl;

// Puts each line of a file as one record: PROGRAM STREAM REGION FILE
// Lines are read as fast as they are taken: where Kinesis is slower than the file, reading waits.
if (args is not [var stream, var region, var file])
{
    Console.Error.WriteLine("usage: PROGRAM STREAM REGION FILE");
    return 2;
}

await using KplProducer producer = KplProducer.Create(new KplOptions { Kinesis = { Region = region } });
IAsyncEnumerable<UserRecord> records = File.ReadLinesAsync(file).Select(static line => UserRecord.FromText(Guid.NewGuid().ToString(), line));

var (delivered, failed) = (0, 0);
await foreach (RecordResult result in producer.PutAsync(stream, records))
{
    if (result.IsSuccess)
    {
        delivered++;
        continue;
    }

    failed++;
    Console.Error.WriteLine($"{result.ErrorCode}: {result.ErrorMessage}");
}

Console.WriteLine($"delivered {delivered}, failed {failed}");
return failed == 0 ? 0 : 1;
