using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The admin requests about ledger, backlog and dead letters.</summary>
internal sealed class BacklogCommandEndpoints(IBacklogAdmin admin)
{
    private const int MostLetters = 1_000;
    private const int UsualLetters = 100;

    /// <summary>The most bytes of data and keys of a page. In JSON they are more than twice as many, and several may be written at a time.</summary>
    private const long MostPageBytes = 16 << 20;

    /// <summary>How many letters are read first: how large they are is known when they are there.</summary>
    private const int FirstLetters = 16;

    public async Task LedgerAsync(HttpContext context)
    {
        var stream = AdminQueryEndpoints.StreamOf(context);
        var books = ToldJson.Tell(await admin.GetLedgerReportAsync(stream, context.RequestAborted), AdminJson.Default.StreamBooks);
        var ledger = books["ledger"]!.AsObject();
        await AdminBody.WriteAsync(context, new JsonObject { ["stream"] = stream }.With(ledger).With(books.Where(static m => m.Key != "ledger")));
    }

    public async Task BacklogAsync(HttpContext context)
    {
        var stream = AdminQueryEndpoints.StreamOf(context);
        var backlog = ToldJson.Tell(await admin.GetBacklogAsync(stream, context.RequestAborted), AdminJson.Default.BacklogStatus);
        await AdminBody.WriteAsync(context, new JsonObject { ["stream"] = stream }.With(backlog));
    }

    public async Task DeadLettersAsync(HttpContext context)
    {
        var stream = AdminQueryEndpoints.StreamOf(context);
        var (after, max) = (NumberOf(context, "after", 0, 0, long.MaxValue), NumberOf(context, "max", UsualLetters, 1, MostLetters));
        var (letters, hasMore) = await ReadLettersAsync(stream, after, (int)max, context.RequestAborted);
        var damaged = await DamagedAsync(stream, context.RequestAborted);
        var page = new DeadLetterPage(stream, [.. letters.Select(DeadLetterEntry.Of)], damaged, hasMore);
        await AdminBody.WriteAsync(context, StatusCodes.Status200OK, page, AdminJson.Default.DeadLetterPage);
    }

    /// <summary>Returns the segments that could not be read; 0 where a silo does not tell: the letters are there all the same.</summary>
    private async Task<long> DamagedAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            return (await admin.GetBacklogAsync(stream, cancellationToken)).DamagedSegments;
        }
        catch (StreamManagerException)
        {
            return 0;
        }
    }

    /// <summary>Reads the letters of a page: a few, then as many as are there, until they are enough or large.</summary>
    private async Task<(List<DeadLetter> Letters, bool HasMore)> ReadLettersAsync(string stream, long after, int max, CancellationToken cancellationToken)
    {
        var (page, bytes, hasMore) = (new List<DeadLetter>(), 0L, true);
        while (hasMore && page.Count < max && bytes <= MostPageBytes)
        {
            var count = Math.Min(max - page.Count, Math.Max(page.Count, FirstLetters));
            var letters = await admin.GetDeadLettersAsync(stream, page.Count > 0 ? page[^1].Number : after, count, cancellationToken);
            hasMore = letters.Count == count;
            foreach (var letter in letters)
            {
                bytes += letter.Record.Data.Length + letter.Record.PartitionKey.Length;
                if (bytes > MostPageBytes && page.Count > 0)
                    return (page, true);
                page.Add(letter);
            }
        }

        return (page, hasMore);
    }

    public async Task RequeueAsync(HttpContext context)
    {
        var numbers = await ReadNumbersAsync(context);
        await AnswerAsync(context, numbers, "requeued",
            await admin.RequeueDeadLettersAsync(AdminQueryEndpoints.StreamOf(context), numbers, CancellationToken.None));
    }

    public async Task DropAsync(HttpContext context)
    {
        var numbers = await ReadNumbersAsync(context);
        await AnswerAsync(context, numbers, "dropped",
            await admin.DropDeadLettersAsync(AdminQueryEndpoints.StreamOf(context), numbers, CancellationToken.None));
    }

    /// <summary>Reads the numbers of the dead letters; null for all.</summary>
    private static async Task<long[]?> ReadNumbersAsync(HttpContext context)
    {
        var request = await AdminBody.ReadAsync(context, AdminRequests.Default.DeadLettersRequest);
        if (request.All == request.Numbers is { Length: > 0 })
            throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, """either {"numbers":[…]} or {"all":true} is expected""");
        return request.All ? null : request.Numbers;
    }

    private static Task AnswerAsync(HttpContext context, long[]? numbers, string what, int count) => numbers is not null && count == 0
        ? throw new StreamManagerException(StreamManagerErrorCodes.UnknownDeadLetter, $"nothing is set aside as {string.Join(", ", numbers)}")
        : AdminBody.WriteAsync(context, new JsonObject { ["stream"] = AdminQueryEndpoints.StreamOf(context), [what] = count });

    /// <summary>Reads a number of the query.</summary>
    public static long NumberOf(HttpContext context, string name, long normal, long least, long most)
    {
        if (!context.Request.Query.TryGetValue(name, out var text))
            return normal;
        return long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"{name} is '{text}': it must be {least} to {most}");
    }
}
