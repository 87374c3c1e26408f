open Orleans.Kpl

/// Puts three records and prints where each of them is: PROGRAM STREAM REGION
let put (stream: string) (region: string) =
    task {
        let options = KplOptions()
        options.Kinesis.Region <- region

        use producer = KplProducer.Create options
        let records = [| for n in 1..3 -> UserRecord.FromText($"user-{n}", $"hello {n}") |]
        let! results = producer.PutAsync(stream, records)

        for result in results do
            if result.IsSuccess then
                printfn $"{result.ShardId} {result.SequenceNumber}"
            else
                eprintfn $"{result.ErrorCode}: {result.ErrorMessage}"

        return if results |> Array.forall _.IsSuccess then 0 else 1
    }

[<EntryPoint>]
let main arguments =
    match arguments with
    | [| stream; region |] -> (put stream region).GetAwaiter().GetResult()
    | _ ->
        eprintfn "usage: PROGRAM STREAM REGION"
        2
