using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>
/// The switchboard over HTTP: <c>POST /_faults</c> <c>{"kind":"latency","delay":200,"stream":"events","probability":0.1}</c> answers
/// <c>{"id":1}</c>; <c>GET /_faults</c>; <c>DELETE /_faults/1</c>; <c>DELETE /_faults</c>. Durations are milliseconds.
/// </summary>
internal sealed class FaultPages(FaultSwitchboard faults)
{
    public Task HandleAsync(HttpContext context, PathString rest) => (context.Request.Method, rest.Value ?? "") switch
    {
        ("GET", "" or "/") => ControlPages.AnswerAsync(context, faults.Active),
        ("POST", "" or "/") => AddAsync(context),
        ("DELETE", var id) => RemoveAsync(context, id),
        _ => ControlPages.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "GET, POST or DELETE."),
    };

    private async Task AddAsync(HttpContext context)
    {
        try
        {
            var fault = await ControlBody.ReadAsync<Fault>(context, "an object with the kind of the fault, such as {\"kind\":\"outage\"}");
            await ControlPages.AnswerAsync(context, new { Id = faults.Add(fault) });
        }
        catch (Exception error) when (error is JsonException or ArgumentException or NotSupportedException)
        {
            await ControlPages.RefuseAsync(context, StatusCodes.Status400BadRequest, error.Message);
        }
    }

    private Task RemoveAsync(HttpContext context, string id)
    {
        if (id is "" or "/") faults.Clear();
        else if (!int.TryParse(id[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !faults.Remove(number))
            return ControlPages.RefuseAsync(context, StatusCodes.Status404NotFound, $"No fault {id[1..]} is on.");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
