import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Java's own client with its defaults: over plain http it offers HTTP/2 (`Upgrade: h2c`) with every new connection. */
class Ask {
  public static void main(String[] arguments) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(System.getenv("HEADGATE_URL").replaceFirst("(/graphql)?/*$", "/graphql")))
        .header("content-type", "application/json")
        .header("x-gateway-key", System.getenv("HEADGATE_KEY"))
        .POST(HttpRequest.BodyPublishers.ofString("{\"query\": \"{ pins(first: 2) { edges { node { id status } } } }\"}"))
        .build();
    var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.body());
  }
}
