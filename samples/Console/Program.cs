using System.Runtime.InteropServices;
using Orleans.Kpl;

// Puts each line of a file as one record: PROGRAM STREAM REGION FILE
// Lines are read as fast as they are taken: where Kinesis is slower than the file, reading waits. Ctrl-C and SIGTERM end the reading, at the next line.
if (args is not [var stream, var region, var file])
{
    Console.Error.WriteLine("usage: PROGRAM STREAM REGION FILE");
    return 2;
}

// Without this the program would end before the producer drains. A second signal ends it at once.
using CancellationTokenSource stop = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

await using KplProducer producer = KplProducer.Create(new KplOptions { Kinesis = { Region = region } });
IAsyncEnumerable<UserRecord> records = File.ReadLinesAsync(file)
    .TakeWhile(_ => !stop.IsCancellationRequested)
    .Select(static line => UserRecord.FromText(Guid.NewGuid().ToString(), line));

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
return failed == 0 && !stop.IsCancellationRequested ? 0 : 1;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
    Console.Error.WriteLine("stopping: what was read is delivered");
}
